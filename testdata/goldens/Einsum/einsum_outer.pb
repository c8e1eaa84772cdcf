
5
inputs_0Placeholder*
dtype0*
shape:
5
inputs_1Placeholder*
dtype0*
shape:
I
opEinsuminputs_0inputs_1*
N*
T0*
equation	a,b->ab