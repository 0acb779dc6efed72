#!/bin/sh
# prompting.sh CELL: runs the cell as a script in a shell that prompts for each command and echoes it (-i, -v):
# output appears below its command, continued lines after "> ". +m: no job control, so that Ctrl-C reaches the
# shell too. The shell reads the cell from file descriptor 3, so that standard input remains the terminal.
PS1='$ ' PS2='> ' ENV='' exec sh -i -v +m /dev/fd/3 3<< END
$1
END
