
5
inputs_0Placeholder*
dtype0*
shape:
5
inputs_1Placeholder*
dtype0*
shape:
5
inputs_2Placeholder*
dtype0*
shape:
5
inputs_3Placeholder*
dtype0*
shape:
5
inputs_4Placeholder*
dtype0*
shape:
5
inputs_5Placeholder*
dtype0*
shape:
5
inputs_6Placeholder*
dtype0*
shape:
5
inputs_7Placeholder*
dtype0*
shape:
5
inputs_8Placeholder*
dtype0*
shape:
v
opAddNinputs_0inputs_1inputs_2inputs_3inputs_4inputs_5inputs_6inputs_7inputs_8*
N	*
T0