
8
logitsPlaceholder*
dtype0*
shape:	è

opSoftmaxlogits*
T0