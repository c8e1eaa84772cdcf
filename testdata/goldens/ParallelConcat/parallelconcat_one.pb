
5
values_0Placeholder*
dtype0*
shape:
A
opParallelConcatvalues_0*
N*
T0*
shape: