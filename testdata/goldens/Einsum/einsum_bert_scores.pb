
A
inputs_0Placeholder*
dtype0*
shape:
A
inputs_1Placeholder*
dtype0*
shape:
Q
opEinsuminputs_0inputs_1*
N*
T0*
equationBTNH,BFNH->BNFT