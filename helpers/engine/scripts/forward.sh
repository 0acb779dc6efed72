#!/bin/sh
# forward.sh SOCKET THERE DESTINATION COMMAND: offers the socket THERE, of the computer that ssh reaches as
# DESTINATION, as SOCKET here, until COMMAND ends, which gets our input.
socket=$1 there=$2 destination=$3 command=$4

# BatchMode: there is nobody to ask. ControlMaster: a connection that the user has opened is used, none is left.
# ExitOnForwardFailure: what ~/.ssh/config forwards may be taken, by the session that it was meant for.
# LogLevel: from INFO on, ssh says why a forward is refused. ServerAlive: a network that is gone ends it.
ssh -T -o BatchMode=yes -o ControlMaster=no -o ExitOnForwardFailure=no -o LogLevel=INFO \
    -o RemoteCommand=none -o ServerAliveInterval=15 -o ServerAliveCountMax=3 \
    -o StreamLocalBindMask=0177 -o StreamLocalBindUnlink=yes \
    -L "$socket:$there" -- "$destination" "$command"
code=$?

# On a connection of the user's the forward would stay. It is taken back without ~/.ssh/config, because the
# forwards there would be cancelled as well.
shared=$(ssh -G -- "$destination" 2>/dev/null | sed -n 's/^controlpath //p')
if [ -S "$shared" ]; then
    ssh -F none -S "$shared" -O cancel -L "$socket:$there" -- "$destination" 2>/dev/null
fi
rm -f "$socket" # ssh leaves it behind
exit $code
