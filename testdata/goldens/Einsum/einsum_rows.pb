
9
inputs_0Placeholder*
dtype0*
shape
:
5
inputs_1Placeholder*
dtype0*
shape:
J
opEinsuminputs_0inputs_1*
N*
T0*
equation
ab,a->ab