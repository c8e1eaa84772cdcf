
>
inputPlaceholder*
dtype0*
shape:
o
filterConst*
dtype0*Q
valueHBF"0²~¹>tè¢¾ÛVv>Nd®¾ÍÛ»>{k|¿ZBG>é…>Ç3>8„!¾~–Î½…°Û>
M
opConv2Dinputfilter*
T0*
paddingVALID*
strides
