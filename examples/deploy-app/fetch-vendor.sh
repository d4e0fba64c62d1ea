#!/bin/sh
# Stands for `npm ci` and the like: makes vendor/ from vendor.lock.
set -eu
while read -r name version; do
  mkdir -p "vendor/$name"
  echo "<li>$name $version</li>" > "vendor/$name/entry.html"
done < vendor.lock
