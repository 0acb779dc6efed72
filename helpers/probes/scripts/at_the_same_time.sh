#!/bin/sh
# at_the_same_time.sh COMMAND...: starts programs, each a command line, at the same time; their outputs come
# one after the other, in that order.
outputs=$(mktemp -d)
number=1000 # four digits each, so that text is in the order of numbers
for command; do
    number=$((number + 1))
    eval "exec $command" > "$outputs/$number" 2>&1 &
done
wait
cat "$outputs"/*
rm -r "$outputs"
