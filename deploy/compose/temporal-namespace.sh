#!/bin/sh
# Makes the namespace where it isn't there.
set -eu
# What Temporal listens on answers some time before all its services do.
tries=60
until temporal operator cluster health >/dev/null 2>&1 || [ "$tries" = 0 ]; do
  tries=$((tries - 1))
  sleep 1
done
temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
# A namespace that was just made is known everywhere after some seconds.
until temporal workflow list --namespace "$NAMESPACE" --limit 1 >/dev/null 2>&1; do sleep 1; done
