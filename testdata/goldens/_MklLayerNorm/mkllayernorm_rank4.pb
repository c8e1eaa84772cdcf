
:
xPlaceholder*
dtype0*
shape:
N
scaleConst*
dtype0*1
value(B&"·KT?•·Q>0Ä¾ãµ?vı§¿l˜?g>¦?
O
offsetConst*
dtype0*1
value(B&"i/¬?r‘’¾:%™?…®)¿Ø!9?¼’?ğ‚¿
@
op_MklLayerNormxscaleoffset*
T0*
epsilon%oƒ: