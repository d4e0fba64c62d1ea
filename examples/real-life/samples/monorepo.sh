#!/bin/sh
# Makes a git repository with four packages, two of them changed on a branch, for monorepo-ci.yml: sh monorepo.sh FOLDER
set -eu
mkdir -p "$1"
cd "$1"
git init --quiet --initial-branch main

for package in core web api docs; do
  mkdir -p "packages/$package/tests"
  echo "one of 4 lines" > "packages/$package/source.txt"
  echo "$package 1.0" > "packages/$package/package.lock"
  # A test names the lines that it runs, and fails where it says so.
  echo "1 2 3" > "packages/$package/tests/unit"
  echo "2 4" > "packages/$package/tests/integration"
done
rm packages/docs/tests/integration
cat > run-tests.sh <<'END'
# sh run-tests.sh PACKAGE SUITE: prints a coverage report in lcov's format, and fails where the test says `fail`.
set -eu
test="packages/$1/tests/$2"
echo "SF:packages/$1/source.txt"
for line in 1 2 3 4; do
  if grep -qw "$line" "$test"; then echo "DA:$line,1"; else echo "DA:$line,0"; fi
done
echo end_of_record
! grep -q fail "$test"
END
git add .
git -c user.name=Ada -c user.email=ada@example.com commit --quiet -m 'Four packages'

git checkout --quiet -b change
echo "changed" >> packages/core/source.txt
echo "changed" >> packages/web/source.txt
echo "changed" >> packages/docs/source.txt
git -c user.name=Ada -c user.email=ada@example.com commit --quiet --all -m 'Change three of them'
