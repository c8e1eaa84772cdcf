
.
xPlaceholder*
dtype0*
shape:
5
opCastx*

DstT0
*

SrcT0*
Truncate(