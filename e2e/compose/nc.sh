#!/bin/bash
# As netcat's `nc -z HOST PORT`: whether something listens there.
exec 3<>"/dev/tcp/$2/$3"
