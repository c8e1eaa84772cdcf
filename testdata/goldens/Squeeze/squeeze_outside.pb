
6
inputPlaceholder*
dtype0*
shape
:
4
opSqueezeinput*
T0*
squeeze_dims
