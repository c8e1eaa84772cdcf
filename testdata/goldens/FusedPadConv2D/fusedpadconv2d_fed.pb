
>
inputPlaceholder*
dtype0*
shape:
9
paddingsPlaceholder*
dtype0*
shape
:
?
filterPlaceholder*
dtype0*
shape:
r
opFusedPadConv2Dinputpaddingsfilter*
T0*
mode	REFLECT*
paddingVALID*
strides
