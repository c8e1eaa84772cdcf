
2
xPlaceholder*
dtype0*
shape
:
r
scaleConst*
dtype0*U
valueLBJ"@×d@?¦’9ÐV¼?ö¥¿HÜ‹¿¼Ì1¿Þ¾¾Ó@)½‰ÿÀ¯Ê@\\û>J|¸?n…¾Ø4€¾™[9?&Žò>
s
offsetConst*
dtype0*U
valueLBJ"@ë¸À=@Q¿Œ=?îÆW¾àZ`?qÑ‘???¬Ž½‰	Î>ç >ÓÔ>T‘'@¼ªò?û¥¾>›B?Æ??
@
op_MklLayerNormxscaleoffset*
T0*
epsilon%oƒ: