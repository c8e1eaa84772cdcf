
9
values_0Placeholder*
dtype0*
shape
:
9
values_1Placeholder*
dtype0*
shape
:
O
opParallelConcatvalues_0values_1*
N*
T0*
shape
: