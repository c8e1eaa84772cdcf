
5
inputs_0Placeholder*
dtype0*
shape:
&
opAddNinputs_0*
N*
T0