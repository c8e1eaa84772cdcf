
>
inputPlaceholder*
dtype0*
shape:
G
filterConst*
dtype0*)
value B"	
d
op
Dilation2Dinputfilter*
T0*
paddingVALID*
rates
*
strides
