
:
inputPlaceholder*
dtype0*
shape:
4
opSpaceToDepthinput*
T0*

block_size