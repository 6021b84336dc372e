#!/bin/sh
# Starts the broker of a container. Variables DOCKER_VERNEMQ_… are read by the broker itself; what is left for this script is users
# of the password file and a key for the HTTP interface, which other programs write. Arguments go to `vernemq console`.
set -e
home=${VERNEMQ_HOME:-/vernemq}

env | sed -n 's/^DOCKER_VERNEMQ_USER_\([A-Za-z0-9_]*\)=.*/\1/p' | while read -r name; do
  user=$(printf %s "$name" | tr '[:upper:]' '[:lower:]')
  password=$(printenv "DOCKER_VERNEMQ_USER_$name")
  touch "$home/etc/vmq.passwd"
  printf '%s\n%s\n' "$password" "$password" | vmq-passwd "$home/etc/vmq.passwd" "$user"
done

if [ -n "$API_KEY" ]; then
  (
    tries=60
    until vernemq ping >/dev/null 2>&1; do
      tries=$((tries - 1))
      [ $tries -gt 0 ] || exit 1
      sleep 1
    done
    vmq-admin api-key add key="$API_KEY" scope="${API_KEY_SCOPE:-mgmt}"
  ) &
fi

# Signals go on to the broker. A container that was told to stop ends with 143, as VerneMQ's do, if the broker ended in order.
vernemq console -noinput "$@" &
broker=$!
told=0
trap 'told=143; kill -TERM $broker' TERM
trap 'kill -INT $broker' INT
trap 'kill -HUP $broker' HUP
while :; do
  code=0
  wait $broker || code=$?
  kill -0 $broker 2>/dev/null || break # it goes on: a signal has ended the waiting
done
[ $code -ne 0 ] || code=$told
exit $code
