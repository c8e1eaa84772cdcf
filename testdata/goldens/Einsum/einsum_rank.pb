
=
inputs_0Placeholder*
dtype0*
shape:
9
inputs_1Placeholder*
dtype0*
shape
:
K
opEinsuminputs_0inputs_1*
N*
T0*
equation	ij,jk->ik