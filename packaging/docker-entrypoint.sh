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

exec vernemq console -noinput "$@"
