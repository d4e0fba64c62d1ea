#!/bin/sh
# Makes a git repository with a small web application, for deploy-web-app.yml: sh web-app.sh FOLDER
set -eu
mkdir -p "$1/pages" "$1/tests"
cd "$1"

cat > pages/index.html <<'END'
<!doctype html>
<meta name="version" content="@VERSION@">
<title>Shop</title>
<link rel="stylesheet" href="style.css">
<p>Welcome. <a href="cart/">Your cart</a>, <a href="https://example.com/terms">our terms</a></p>
END
mkdir pages/cart
cat > pages/cart/index.html <<'END'
<!doctype html>
<meta name="version" content="@VERSION@">
<title>Cart</title>
<link rel="stylesheet" href="../style.css">
<p>Nothing in here. <a href="/">Go on shopping</a></p>
END
echo 'p { color: navy }' > pages/style.css

cat > build.sh <<'END'
set -eu
mkdir -p dist
cp -R pages/. dist
find dist -name '*.html' -exec sed -i.bak "s/@VERSION@/$1/" {} +
find dist -name '*.bak' -delete
END
cat > tests/unit.sh <<'END'
set -eu
for page in $(find pages -name '*.html'); do grep -q '<title>' "$page" || { echo "$page has no title"; exit 1; }; done
END
cat > tests/contract.sh <<'END'
set -eu
test -f pages/index.html && test -f pages/cart/index.html
END
cat > tests/style.sh <<'END'
set -eu
! grep -rn '	' pages || { echo 'there are tabs in the pages'; exit 1; }
END
git init --quiet --initial-branch main
git add .
git -c user.name=Ada -c user.email=ada@example.com commit --quiet -m 'The shop'
