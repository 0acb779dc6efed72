#!/bin/sh
# forward.sh SOCKET THERE DESTINATION COMMAND: forwards the socket THERE, on the computer that ssh reaches as
# DESTINATION, to SOCKET here, until COMMAND ends. COMMAND runs there and gets our standard input.
socket=$1 there=$2 destination=$3 command=$4

# BatchMode: no one could answer a prompt. ControlMaster: shares the user's open connection, leaves none open.
# ExitOnForwardFailure: forwards in ~/.ssh/config may fail: the session that they are meant for may have them.
# LogLevel: from INFO on, ssh reports why a forward is refused. ServerAlive: ssh ends if the network is gone.
ssh -T -o BatchMode=yes -o ControlMaster=no -o ExitOnForwardFailure=no -o LogLevel=INFO \
    -o RemoteCommand=none -o ServerAliveInterval=15 -o ServerAliveCountMax=3 \
    -o StreamLocalBindMask=0177 -o StreamLocalBindUnlink=yes \
    -L "$socket:$there" -- "$destination" "$command"
code=$?

# On a shared connection the forward would stay. It is cancelled without ~/.ssh/config, because the forwards
# in there would be cancelled as well.
shared=$(ssh -G -- "$destination" 2>/dev/null | sed -n 's/^controlpath //p')
if [ -S "$shared" ]; then
    ssh -F none -S "$shared" -O cancel -L "$socket:$there" -- "$destination" 2>/dev/null
fi
rm -f "$socket" # ssh does not remove it
exit $code
