
>
inputPlaceholder*
dtype0*
shape:
W
filterConst*
dtype0*9
value0B."ŠC¶¾y–Å¾#òÑ>§Ñ=Ó™w¾V"œ>
L
opConv2Dinputfilter*
T0*
paddingSAME*
strides
