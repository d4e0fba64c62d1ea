module waterflow.local/my-plugin

go 1.24
