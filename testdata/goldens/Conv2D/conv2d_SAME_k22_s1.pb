
>
inputPlaceholder*
dtype0*
shape:
É
filterConst*
dtype0*‰
value⁄B◊"¿äö>·∆>µ°>89ZæMπn>¡‡ëΩ∑çæ<—æZè+øÔPWøΩˇ‘=w≥æΩoøY≈èæu¬òæ'ûΩû©Û>Œ<Œ>jæ;B\ª‰te=é_.æÍ2y>OÏæ–ÒNæÿ±d?ˆ5c?wQΩÊ>Õ∑ñæQªÒÇÖæÛäF>Ç<%ø;âé>Gﬂ®=ÏDWΩÄÑ?—{æD¬¨æqÓz>*£væäS˜=_Ù/ø¢·œ>Doæ[2Üæî
æ
L
opConv2Dinputfilter*
T0*
paddingSAME*
strides
