
>
inputPlaceholder*
dtype0*
shape:
;
filterPlaceholder*
dtype0*
shape:
d
op
Dilation2Dinputfilter*
T0*
paddingVALID*
rates
*
strides
