
2
xPlaceholder*
dtype0*
shape
:
%
opCastx*

DstT0*

SrcT0