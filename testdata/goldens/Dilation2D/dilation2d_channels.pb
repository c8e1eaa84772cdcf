
>
inputPlaceholder*
dtype0*
shape:
_
filterConst*
dtype0*A
value8B6"$kûO¾š¥¿˜ói?:y˜¿³`?åÿ%À€W÷¾v{¶¾Á@
d
op
Dilation2Dinputfilter*
T0*
paddingVALID*
rates
*
strides
