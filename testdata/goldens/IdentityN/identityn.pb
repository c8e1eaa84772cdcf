
4
input_0Placeholder*
dtype0*
shape:
4
input_1Placeholder*
dtype0*
shape:
.
op	IdentityNinput_0input_1*
T
2