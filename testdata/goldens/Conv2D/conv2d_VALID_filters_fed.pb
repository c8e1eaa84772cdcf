
>
inputPlaceholder*
dtype0*
shape:
?
filterPlaceholder*
dtype0*
shape:
M
opConv2Dinputfilter*
T0*
paddingVALID*
strides
