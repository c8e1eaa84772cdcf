
>
inputPlaceholder*
dtype0*
shape:
o
filterConst*
dtype0*Q
valueHBF"0ß1<oÃ‰>o…ð>¼º!?ç£{½úÕ¾¢`f¾|»>x ¿«˜=Hzž>Éx[¾
L
opConv2Dinputfilter*
T0*
paddingSAME*
strides
