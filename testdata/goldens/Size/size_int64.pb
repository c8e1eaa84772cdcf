
6
inputPlaceholder*
dtype0*
shape
:
*
opSizeinput*
T0*
out_type0	