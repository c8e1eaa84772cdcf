
>
inputPlaceholder*
dtype0*
shape:
4
opDepthToSpaceinput*
T0*

block_size