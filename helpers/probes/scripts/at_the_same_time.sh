#!/bin/sh
# at_the_same_time.sh COMMAND...: runs several command lines at the same time, then prints their outputs
# one after the other, in the order of the arguments.
outputs=$(mktemp -d)
number=1000 # four digits each, so that the file names sort in the order of the numbers
for command; do
    number=$((number + 1))
    eval "exec $command" > "$outputs/$number" 2>&1 &
done
wait
cat "$outputs"/*
rm -r "$outputs"
