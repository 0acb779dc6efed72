#!/bin/sh
# Runs inside the image's root file system while it is built: installs the Python packages from what was fetched, and
# boots the engine with the image's own QEMU, because a saved state works with one version only.
# Usage: customize.sh PROJECT STORE SCRATCH
set -eu
project=$1
store=$2
scratch=$3
cd "$project"

export LAB_OFFLINE="$scratch/kit" XDG_CACHE_HOME="$scratch/cache" HOME="$scratch"
python3 -c 'from helpers.setup import environment; environment.enter()'
.venv/bin/python -m pip install --quiet --no-deps --no-index --require-hashes --disable-pip-version-check \
    --root-user-action=ignore --find-links="$LAB_OFFLINE/wheels" --requirement="$scratch/image.lock"
.venv/bin/python -m compileall -q helpers .venv/lib # a learner can write nothing there

unset LAB_OFFLINE
.venv/bin/python -c 'from helpers.engine import embedded; embedded.build()'
mv "$XDG_CACHE_HOME/docker-networking-lab/engine" "$store"
rm "$store"/*/host_key*
# ssh wants a key that nobody else can read only if it is its user's own.
chown -R root:root "$project"
chmod -R u=rwX,go=rX "$store"

useradd --uid 1000 --create-home --shell /bin/bash learner
planned=$(setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/learner XDG_CACHE_HOME=/tmp/cache \
    LAB_STORE="$store" .venv/bin/python -c 'from helpers.engine import embedded; print(embedded.plan())')
if [ "$planned" != "start it" ]; then
    echo "The engine is not ready to be started: $planned" >&2
    exit 1
fi
rm -rf /tmp/cache /tmp/docker-networking-lab-* "$scratch" /etc/*- # the last are backups of passwd, shadow and so on
