
=
inputs_0Placeholder*
dtype0*
shape:
=
inputs_1Placeholder*
dtype0*
shape:
N
opEinsuminputs_0inputs_1*
N*
T0*
equationbij,bjk->bik