
>
inputPlaceholder*
dtype0*
shape:
o
filterConst*
dtype0*Q
valueHBF"0‚Ð/?LÂ¿iiÎ<aU¾ò…©>ž¦>Yñ>1»!¿vC£>X<'=ýá¾=‡Î>
L
opConv2Dinputfilter*
T0*
paddingSAME*
strides
