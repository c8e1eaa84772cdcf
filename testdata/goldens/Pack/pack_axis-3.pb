
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
9
values_2Placeholder*
dtype0*
shape
:
O
opPackvalues_0values_1values_2*
N*
T0*
axisýÿÿÿÿÿÿÿÿ