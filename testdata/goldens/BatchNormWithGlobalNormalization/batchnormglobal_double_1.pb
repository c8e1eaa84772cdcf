
:
tPlaceholder*
dtype0*
shape:
N
mConst*
dtype0*5
value,B*" Qj3'…ü?A_)†¢Å¿^â™KJÜ¿]Öf¶ïÂ¿
N
vConst*
dtype0*5
value,B*" ªECA–ò?ğ“¾Ù‘º?ŞÅ„eİ0×?Óg‹DÑ?
Q
betaConst*
dtype0*5
value,B*" ¢d†l‹ğ?Øn3öÀÂ?|Š;y¼?¬è_å?
R
gammaConst*
dtype0*5
value,B*" ™ÍA’÷ú¿±°LÆÀ/è¿í¼ù;è~ô¿Q‰c³kó¿

op BatchNormWithGlobalNormalizationtmvbetagamma*
T0*
scale_after_normalization(*
variance_epsilon%oƒ:"