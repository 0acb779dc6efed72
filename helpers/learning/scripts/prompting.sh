#!/bin/sh
# prompting.sh CELL: a shell that reads the cell as a script, but prompts for each command and repeats it
# (-i, -v): output stands below the command that made it, several lines of one command behind "> ". +m: no job
# control, so that Ctrl-C reaches the shell too. The cell comes as file descriptor 3: standard input stays the
# terminal.
PS1='$ ' PS2='> ' ENV='' exec sh -i -v +m /dev/fd/3 3<< END
$1
END
