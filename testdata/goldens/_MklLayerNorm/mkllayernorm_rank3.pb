
6
xPlaceholder*
dtype0*
shape:
R
scaleConst*
dtype0*5
value,B*" gk¿z[Ÿ>í2’¿dÎ­?c`+ÀnP?O:)=ÚZö¾
S
offsetConst*
dtype0*5
value,B*" rÌv¿]ı?ŠÊÖ?€J‰?Ù¯y¿GC¿Ìî.¿ÓÖ¿
@
op_MklLayerNormxscaleoffset*
T0*
epsilon%oƒ: