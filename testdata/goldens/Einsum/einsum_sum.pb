
=
inputs_0Placeholder*
dtype0*
shape:
>
opEinsuminputs_0*
N*
T0*
equationabc->b