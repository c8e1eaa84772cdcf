
>
inputPlaceholder*
dtype0*
shape:
;
filterPlaceholder*
dtype0*
shape:
c
op
Dilation2Dinputfilter*
T0*
paddingSAME*
rates
*
strides
