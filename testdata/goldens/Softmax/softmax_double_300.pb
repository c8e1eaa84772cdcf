
7
logitsPlaceholder*
dtype0*
shape
:%

opSoftmaxlogits*
T0