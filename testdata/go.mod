// A module of its own, so that those who download tf2ng do not download the models and recordings.
module github.com/tf2ng/tf2ng/testdata

go 1.26
