
=
inputs_0Placeholder*
dtype0*
shape:
D
opEinsuminputs_0*
N*
T0*
equation...ab->...ba