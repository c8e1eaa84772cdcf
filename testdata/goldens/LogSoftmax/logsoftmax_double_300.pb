
7
logitsPlaceholder*
dtype0*
shape
:%
!
op
LogSoftmaxlogits*
T0