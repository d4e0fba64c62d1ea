#!/bin/sh
# Makes the site in dist/ of what is in vendor/.
set -eu
mkdir -p "dist/the assets"
{
  echo "<h1>A river</h1>"
  echo "<ul>"
  cat vendor/*/entry.html
  echo "</ul>"
} > dist/index.html
echo "h1 { color: teal }" > "dist/the assets/main.css"
