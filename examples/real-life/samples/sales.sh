#!/bin/sh
# Makes a folder with a day's sales of four shops, for nightly-data-pipeline.yml: sh sales.sh FOLDER
set -eu
mkdir -p "$1"
cd "$1"

cat > north.csv <<'END'
order,customer,amount
1,Ada,12.50
2,Grace,8
3,"Hopper, Grace",19.99
4,Edsger,3.20
END
cat > south.csv <<'END'
order,customer,amount
11,Barbara,7.75
12,Tony,41
13,Edgar,5.10
END
cat > west.csv <<'END'
order,customer,amount
21,Donald,99
22,,4.40
23,Leslie,10
24,Robin,16
25,John,1.25
26,Frances,70.10
27,Ken,13
28,Dennis,8.80
29,Niklaus,22
30,Alan,5
END
cat > online.csv <<'END'
order,customer,amount
31,Margaret,14
32,Katherine,28.40
33,Dorothy,3.99
END
